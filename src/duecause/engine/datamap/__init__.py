"""Where personal data lie in foreign systems: mapping YAML, graph, what is found, the plan. Pure."""
