package main

import "strings"

// nearest returns the word that somebody may have meant who wrote another one, or "".
func nearest(written string, words []string) (best string) {
	const tooLong = 64
	if len(written) > tooLong {
		return ""
	}
	least := 1 + max(1, len(written)/3) // that many changes are no slip any more
	for _, word := range words {
		if len(word) > tooLong {
			continue
		}
		if d := distance(strings.ToLower(written), strings.ToLower(word)); d < least {
			best, least = word, d
		}
	}
	return best
}

// distance is how many bytes to insert, leave out, replace or swap with the next one to
// make b of a: the distance of Damerau and Levenshtein, restricted to one change at a place.
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range len(b) + 1 {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			d := min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, rows[i-2][j-2]+1)
			}
			rows[i][j] = d
		}
	}
	return rows[len(a)][len(b)]
}
