// The Content-Security-Policy of a page.

package listing

// Policy is the Content-Security-Policy of a page, whatever names are in it: it
// runs its own script and no other, and it loads nothing but pictures of the same
// server, which its reader asks to see. No other page frames it.
const Policy = "default-src 'none'; style-src " + styleHash + "; script-src " + scriptHash +
	"; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// The digests of listing.css and listing.js, which a test compares with the files
// (CSP Level 3 §2.3.1, hash-source).
const (
	styleHash  = "'sha256-6bGEuykauw9upuqTMKyqzBTOZax/bxfZ/m35afMfumM='"
	scriptHash = "'sha256-nxPTUNusALEmtPoXsNpzNHwKjT0RqDt5MP/lzJ6dTXA='"
)
