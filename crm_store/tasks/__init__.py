"""What is to be done and when somebody is told: tasks, reminders, calendars, notifications."""
