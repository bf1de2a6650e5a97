"""What goes on paper: the poster, slips, handouts and pages, as vector PDF or on a printer."""
