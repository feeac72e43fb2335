// The values of flags and settings, and what they say of a value that they cannot
// take: in the words of a user, who need not know Go.

package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"aws/backend"
	"aws/backend/uring"
)

var errTooLarge = errors.New("the number is too large")

// intValue is a whole number.
type intValue int

func (v *intValue) String() string { return strconv.Itoa(int(*v)) }
func (v *intValue) Type() string   { return "int" }
func (v *intValue) Set(s string) error {
	n, err := strconv.Atoi(s)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return errTooLarge
	case err != nil:
		return errors.New("want a whole number, such as 4")
	}
	*v = intValue(n)
	return nil
}

// durationValue is a time with its unit: "500ms", "1m30s".
type durationValue time.Duration

func (v *durationValue) Type() string { return "duration" }
func (v *durationValue) String() string {
	s := time.Duration(*v).String()
	for _, zero := range []string{"m0s", "h0m"} { // 1h0m0s is 1h
		if strings.HasSuffix(s, zero) {
			s = s[:len(s)-2]
		}
	}
	return s
}

func (v *durationValue) Set(s string) error {
	d, err := time.ParseDuration(s)
	if err != nil {
		return errors.New("want a time with its unit, such as 500ms, 30s or 2m")
	}
	*v = durationValue(d)
	return nil
}

// boolValue is a switch. On the command line its name alone turns it on.
type boolValue bool

func (v *boolValue) String() string { return strconv.FormatBool(bool(*v)) }
func (v *boolValue) Type() string   { return "bool" }
func (v *boolValue) Set(s string) error {
	b, err := strconv.ParseBool(s)
	if err != nil {
		return errors.New("want true or false")
	}
	*v = boolValue(b)
	return nil
}

// listValue is a list with commas. The first value that is set replaces the
// default; further ones are added.
type listValue struct {
	values *[]string
	set    bool
}

func (v *listValue) GetSlice() []string { return *v.values } // cobra completes the flag again
func (v *listValue) String() string     { return strings.Join(*v.values, ",") }
func (v *listValue) Type() string       { return "list" }
func (v *listValue) Set(s string) error {
	var values []string
	if s != "" {
		values = strings.Split(s, ",")
	}
	if slices.Contains(values, "") {
		return errors.New("want names with commas between them")
	}
	if v.set {
		values = slices.Concat(*v.values, values)
	}
	*v.values, v.set = values, true
	return nil
}

// Append and Replace make it a list for package pflag.
func (v *listValue) Append(s string) error { return v.Set(s) }
func (v *listValue) Replace(values []string) error {
	*v.values, v.set = values, true
	return nil
}

// choiceValue is a flag whose value is one of a few words, each with its meaning.
type choiceValue[T comparable] struct {
	value    *T
	words    []string
	meanings []T
}

// choice is a flag whose words are their own meanings. The first is the default.
func choice(value *string, words ...string) *choiceValue[string] {
	*value = words[0]
	return &choiceValue[string]{value, words, words}
}

// choiceOf is a flag with a meaning for each word. The value is the default.
func choiceOf[T comparable](value *T, words []string, meanings ...T) *choiceValue[T] {
	return &choiceValue[T]{value, words, meanings}
}

func (c *choiceValue[T]) String() string {
	if c.value == nil {
		return ""
	}
	return c.words[slices.Index(c.meanings, *c.value)]
}
func (c *choiceValue[T]) Type() string { return strings.Join(c.words, "|") }
func (c *choiceValue[T]) Set(s string) error {
	i := slices.Index(c.words, s)
	if i < 0 {
		return fmt.Errorf("want one of %s", strings.Join(c.words, ", "))
	}
	*c.value = c.meanings[i]
	return nil
}

// parsedValue is a flag that may be repeated. A function parses its values.
type parsedValue[T any] struct {
	values *[]T
	parse  func(string) (T, error)
}

func parsed[T any](values *[]T, parse func(string) (T, error)) parsedValue[T] {
	return parsedValue[T]{values, parse}
}

func (v parsedValue[T]) String() string { return "" }
func (v parsedValue[T]) Type() string   { return "valueArray" } // cobra completes the flag again
func (v parsedValue[T]) repeatable()    {}
func (v parsedValue[T]) Set(s string) error {
	value, err := v.parse(s)
	if err == nil {
		*v.values = append(*v.values, value)
	}
	return err
}

// parsedListValue is a flag whose values have commas between them. A function parses
// each, and none is named twice.
type parsedListValue[T comparable] struct {
	values *[]T
	parse  func(string) (T, error)
}

func parsedList[T comparable](values *[]T, parse func(string) (T, error)) parsedListValue[T] {
	return parsedListValue[T]{values, parse}
}

func (v parsedListValue[T]) String() string { return "" }
func (v parsedListValue[T]) Type() string   { return "list" }
func (v parsedListValue[T]) repeatable()    {}
func (v parsedListValue[T]) Set(s string) error {
	for word := range strings.SplitSeq(s, ",") {
		value, err := v.parse(word)
		if err != nil {
			return err
		}
		if slices.Contains(*v.values, value) {
			return fmt.Errorf("%s is named twice", word)
		}
		*v.values = append(*v.values, value)
	}
	return nil
}

// faultsValue parses --fault.
type faultsValue struct{ faults **backend.Faults }

func (v faultsValue) String() string { return "" }
func (v faultsValue) Type() string   { return "spec" }
func (v faultsValue) Set(s string) (err error) {
	*v.faults, err = backend.ParseFaults(s)
	return err
}

// disableValue parses --uring-disable.
type disableValue struct{ features *uring.Features }

func (v disableValue) String() string     { return "" }
func (v disableValue) Type() string       { return "features" }
func (v disableValue) Set(s string) error { return v.features.Disable(s) }

// copyValue is --copy-below. Its default depends on the engine.
type copyValue struct {
	size  sizeValue
	given bool
}

func (v *copyValue) String() string { return "" }
func (v *copyValue) Type() string   { return "size" }
func (v *copyValue) Set(s string) error {
	v.given = true
	return v.size.Set(s)
}

// bytes is the size for an engine. docs/engines.md has the measurements behind
// the default.
func (v *copyValue) bytes(engine string) int {
	if !v.given && engine == "uring" {
		return 16 << 10
	}
	return int(v.size)
}

// sizeValue is a number of bytes: "16384", "64KiB", "1MiB".
type sizeValue int

func (v *sizeValue) String() string {
	if *v > 0 && *v%(1<<10) == 0 {
		return strconv.Itoa(int(*v>>10)) + "KiB"
	}
	return strconv.Itoa(int(*v))
}
func (v *sizeValue) Type() string { return "size" }
func (v *sizeValue) Set(s string) error {
	number, shift := s, 0
	for i, unit := range []string{"KiB", "MiB", "GiB"} {
		if n, ok := strings.CutSuffix(s, unit); ok {
			number, shift = n, 10*(i+1)
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	switch {
	case errors.Is(err, strconv.ErrRange) || err == nil && n<<shift>>shift != n:
		return errTooLarge
	case err != nil || n < 0:
		return errors.New("want a number of bytes, such as 16384 or 64KiB")
	}
	*v = sizeValue(n << shift)
	return nil
}
