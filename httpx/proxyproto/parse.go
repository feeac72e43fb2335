package proxyproto

// Parse parses the header at the start of b, the first bytes of a connection, and returns
// its length. It is 0 while the header goes on: call again with more. As soon as b cannot
// become a header, there is a problem.
func Parse(b []byte) (h Header, length int, problem Problem) {
	switch {
	case len(b) == 0:
		return Header{}, 0, NoProblem
	case b[0] == v1Start[0]:
		return parseV1(b)
	}
	return parseV2(b)
}
