"""What a person asks for: denoise, clean, upscale, inpaint; and what a photo tells of itself."""
