"""The published test cases for central systems, each from Home Assistant to the wire and back."""
