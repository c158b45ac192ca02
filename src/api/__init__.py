"""The REST API: what people do in the CRM, programs do with the same rights. No decision is taken here."""
