"""Requests of persons carried out in foreign systems: without Django, without the product's database."""
