// The Content-Security-Policy of a page.

package listing

// Policy is the Content-Security-Policy of a page, whatever names are in it: it
// runs its own script and no other, and it loads nothing but its icon and pictures of
// the same server. No other page frames it.
const Policy = "default-src 'none'; style-src " + styleHash + "; script-src " + scriptHash +
	"; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// The digests of listing.css and listing.js, which a test compares with the files
// (CSP Level 3 §2.3.1, hash-source).
const (
	styleHash  = "'sha256-o5Gx4q5mfB7OciWDJVBw1MhLG8Q7h6j3rz9uA9VIkd0='"
	scriptHash = "'sha256-ecx7Sdm++DSUvIQ3QX4GBQkKACV62CRLWyxfv6dCH0U='"
)
