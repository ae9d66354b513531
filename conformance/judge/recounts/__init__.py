"""Patterns counted again over a whole history, by code that shares nothing with the rules that found them."""
