"""From the folders of runs to one report that can be read and checked: tables, plots, tests and a model card."""
