package backend

import "testing"

func TestMapArray(t *testing.T) {
	type pair struct {
		a int32
		b uint8
	}
	a, err := MapArray[pair](1000)
	if err != nil {
		t.Fatal(err)
	}
	for i := range a {
		if a[i] != (pair{}) {
			t.Fatalf("%d is %v", i, a[i])
		}
		a[i] = pair{int32(i), 1}
	}
	if len(a) != 1000 || a[999].a != 999 {
		t.Errorf("%d values, the last is %v", len(a), a[len(a)-1])
	}
	UnmapArray(a)
	UnmapArray[pair](nil)
}
