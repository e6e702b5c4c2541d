"""What commands and flows of administration share: one file per topic, from an office's answer to a list, a sheet, a window.

A topic's sub-words stand in `commands/`, its buttons and modals in `flows/`; neither may import the other, so what both
show is put together here. Who may do something is asked of the offices alone. It may import cards, answer, room.
"""
