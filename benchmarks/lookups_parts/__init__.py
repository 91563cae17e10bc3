"""A contact centre that never was: who works there, whom they look at and why, and who snoops."""
