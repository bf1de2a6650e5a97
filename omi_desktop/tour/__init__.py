"""The tour: the main job done by the real program without a display, each step checked, each page pictured."""
