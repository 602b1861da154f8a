"""What happens to photos: pieces that degrade a batch and say what an estimator could know."""
