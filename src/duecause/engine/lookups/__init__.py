"""Explain look-ups of customers by links of the employee to them in time, and score what is not explained."""
