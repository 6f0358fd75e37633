"""Where in a face a reading comes from: class-activation maps, and parts of the face hidden one by one."""
