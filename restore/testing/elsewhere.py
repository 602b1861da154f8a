"""`python -m restore.testing.elsewhere MODULE ACTION PARAMETERS`: prints the pixels' hash."""

from __future__ import annotations

import json
import sys

from restore.testing.starting import pixels_hash
from restore.testing.subject import subjects

if __name__ == "__main__":
    module, name, parameters = sys.argv[1:]
    [subject] = subjects(module, [name], {name: json.loads(parameters)})
    sys.stdout.write(pixels_hash(subject))
