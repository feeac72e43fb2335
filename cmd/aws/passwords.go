// Where password files may lie: not where clients can fetch them.

package main

import (
	"log/slog"
	"math"
	"path/filepath"
	"strings"

	"aws/httpx/auth"
	"aws/httpx/site"
)

// checkPasswordFiles refuses password files that lie below a mounted folder, unless
// their names keep them from clients. The server itself says what is wrong with what
// is in them; with alone nobody starts it.
func (c *fileCheck) checkPasswordFiles(all []*siteOptions, sites []site.Config, alone bool) {
	for i, s := range sites {
		for j, r := range s.Auth {
			if r.File == "" {
				continue
			}
			where := all[i].whereIs("auth", j, "")
			if file, err := filepath.EvalSymlinks(r.File); err == nil {
				if m := mountWith(sites, file); m != nil {
					c.problems.usage(where, "clients could fetch %s below %s: move it out of the folder %s, or give it a name that starts with a dot", r.File, m.Prefix, m.Dir)
				}
			}
			if alone {
				if _, err := auth.Open(r.File, math.MaxInt64, slog.New(slog.DiscardHandler)); err != nil {
					c.problems.refuse(where, "%v", err)
				}
			}
		}
	}
}

// mountWith returns a mount that serves a file.
func mountWith(sites []site.Config, file string) *site.MountConfig {
	for _, s := range sites {
		for i := range s.Mounts {
			dir := s.Mounts[i].Dir
			if !filepath.IsAbs(dir) {
				dir = filepath.Join(s.Root, dir)
			}
			if real, err := filepath.EvalSymlinks(dir); err == nil {
				dir = real
			}
			dir, err := filepath.Abs(dir)
			if err != nil {
				continue
			}
			rel, err := filepath.Rel(dir, file)
			if err != nil || !filepath.IsLocal(rel) || !s.Dotfiles && isHidden(rel) {
				continue
			}
			return &s.Mounts[i]
		}
	}
	return nil
}

// isHidden says that a name on a path below a folder keeps the file from clients.
func isHidden(rel string) bool {
	return strings.Contains(strings.TrimPrefix("/"+rel, "/.well-known"), "/.")
}
