"""Catches the mail of the demo and of tests, and shows it: nothing sent here reaches anybody."""
