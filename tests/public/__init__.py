"""Odd and hostile pictures that other projects test with: fetched, never copied in."""
