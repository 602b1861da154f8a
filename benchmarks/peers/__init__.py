"""Other people's denoisers, fillers and enlargers beside ours, where they are installed.

`python -m benchmarks.peers TASK FOLDER`; README.md beside this file tells what to install.
"""
