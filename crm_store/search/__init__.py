"""One box that finds donors, people, companies, leads, tickets and gifts, and says why."""
