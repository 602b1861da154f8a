"""Training: data, degradations, objectives, the trainer, and what it leaves behind."""
