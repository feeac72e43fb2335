package explain

// Page is a placeholder.
func Page(title string, runs []Run) []byte { return nil }
