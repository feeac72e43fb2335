// Where password files may lie: not where clients can fetch them.

package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"aws/httpx/site"
)

// checkPasswordFiles refuses password files that lie below a mounted folder, unless
// their names keep them from clients.
func checkPasswordFiles(sites []site.Config) error {
	for _, s := range sites {
		for _, r := range s.Auth {
			file, err := filepath.EvalSymlinks(r.File)
			if r.File == "" || err != nil { // whoever opens it says what is wrong
				continue
			}
			if m := mountWith(sites, file); m != nil {
				return fmt.Errorf("--auth: clients could fetch %s below %s: move it out of the folder %s, or give it a name that starts with a dot", r.File, m.Prefix, m.Dir)
			}
		}
	}
	return nil
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
