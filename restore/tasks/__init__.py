"""What a person asks for: denoise, clean, upscale, inpaint, deblur; and what a photo tells."""
