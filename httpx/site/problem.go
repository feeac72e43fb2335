package site

import "errors"

// Problem is something that is wrong with a configuration.
type Problem struct {
	Setting string // the name of its flag, such as "redirect"
	// Index says which of the setting's values it is, from 0. By is the one that
	// keeps it from having an effect. -1 is none in particular.
	Index, By int
	Warning   bool   // the rest can be served
	Text      string // what is wrong, and what to do
}

// Error is the problem with the name of its setting.
func (p Problem) Error() string { return p.Setting + " " + p.Text }

// wrong is a problem that makes a configuration useless.
func wrong(setting string, index int, text string) Problem {
	return Problem{Setting: setting, Index: index, By: -1, Text: text}
}

// doubtful is a problem with a part of a configuration.
func doubtful(setting string, index, by int, text string) Problem {
	return Problem{Setting: setting, Index: index, By: by, Warning: true, Text: text}
}

// joined makes an error of problems, nil of none.
func joined(problems []Problem) error {
	errs := make([]error, len(problems))
	for i, p := range problems {
		errs[i] = p
	}
	return errors.Join(errs...)
}
