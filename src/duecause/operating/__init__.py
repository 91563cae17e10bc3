"""For who runs it: health, figures for monitoring, and a doctor that says what to mend."""
