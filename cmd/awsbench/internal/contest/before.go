package contest

import (
	"fmt"
	"slices"
)

// BeforeSuffix marks the contestants of an earlier build.
const BeforeSuffix = "-before"

// BeforeAndAfter returns the contestants of two builds of aws for a
// comparison: each contestant of the new build, followed by its counterpart
// from the earlier one. A contestant that only one build offers is missing. flags are
// further ones for the new build, as in a command line: so a build can be compared with
// itself, with other flags.
func BeforeAndAfter(before, after, flags string) (found []Contestant, missing []Missing, err error) {
	olds, refused, err := AWS(before)
	if err != nil {
		return nil, nil, err
	}
	for _, m := range refused {
		missing = append(missing, Missing{m.Name + BeforeSuffix, m.Advice})
	}
	further, err := splitWords(flags)
	if err != nil {
		return nil, nil, fmt.Errorf("%q: %w", flags, err)
	}
	news, refused, err := AWS(after, further...)
	if err != nil {
		return nil, nil, err
	}
	missing = append(missing, refused...)
	for _, c := range news {
		i := slices.IndexFunc(olds, func(old Contestant) bool { return old.Name == c.Name })
		if i < 0 {
			missing = append(missing, Missing{c.Name, "the earlier build does not offer it"})
			continue
		}
		found = append(found, Pair(c, olds[i])...)
		olds = slices.Delete(olds, i, i+1)
	}
	for _, old := range olds {
		missing = append(missing, Missing{old.Name + BeforeSuffix, "the new build does not offer it"})
	}
	return found, missing, nil
}

// Pair names a contestant and its counterpart from an earlier build, and tells
// the one of the other.
func Pair(after, before Contestant) []Contestant {
	before.Name += BeforeSuffix
	after.Before = before.Name
	return []Contestant{after, before}
}
