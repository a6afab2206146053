// Command docgen writes what is generated from the command tree: the reference
// in docs/cli, the manual pages in docs/man and the completion scripts in
// completions. Run it from the root of the repository; with -check it only
// reports files that are not current.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"github.com/epgu-cli/epgu/internal/app"
	"github.com/epgu-cli/epgu/internal/i18n"
)

func main() {
	check := flag.Bool("check", false, "only report files that are not current")
	flag.Parse()
	if err := run(*check); err != nil {
		fmt.Fprintln(os.Stderr, "docgen:", err)
		os.Exit(1)
	}
}

func run(check bool) error {
	tmp, err := os.MkdirTemp("", "docgen-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	if err := generate(tmp); err != nil {
		return err
	}
	if check {
		return compare(tmp)
	}
	for _, dir := range []string{"docs/cli", "docs/man", "completions"} {
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
		if err := os.CopyFS(dir, os.DirFS(filepath.Join(tmp, dir))); err != nil {
			return err
		}
	}
	return nil
}

// generate writes every generated file under dir.
func generate(dir string) error {
	for _, d := range []string{"docs/cli/en", "docs/cli/ru", "docs/man", "completions"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			return err
		}
	}
	for _, lang := range []i18n.Lang{i18n.EN, i18n.RU} {
		var out bytes.Buffer
		root := app.Commands(lang, &out)
		disableDates(root)
		if err := doc.GenMarkdownTree(root, filepath.Join(dir, "docs/cli", string(lang))); err != nil {
			return err
		}
		if lang == i18n.RU {
			continue
		}
		epoch := time.Unix(0, 0).UTC()
		if err := doc.GenManTree(root, &doc.GenManHeader{Title: "EPGU", Section: "1", Source: "epgu", Date: &epoch}, filepath.Join(dir, "docs/man")); err != nil {
			return err
		}
		for shell, name := range map[string]string{"bash": "epgu.bash", "zsh": "_epgu", "fish": "epgu.fish", "powershell": "epgu.ps1"} {
			out.Reset()
			root.SetArgs([]string{"completion", shell})
			if err := root.Execute(); err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(dir, "completions", name), out.Bytes(), 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

// disableDates keeps the generated pages the same from day to day.
func disableDates(cmd *cobra.Command) {
	cmd.DisableAutoGenTag = true
	for _, c := range cmd.Commands() {
		disableDates(c)
	}
}

func compare(dir string) error {
	var stale []string
	seen := map[string]bool{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		seen[name] = true
		want, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if got, err := os.ReadFile(name); err != nil || !bytes.Equal(got, want) {
			stale = append(stale, name)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, top := range []string{"docs/cli", "docs/man", "completions"} {
		err := filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && !seen[path] {
				stale = append(stale, path+" (no longer generated)")
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	if len(stale) > 0 {
		slices.Sort(stale)
		return fmt.Errorf("not current, run go run ./cmd/docgen:\n  %s", strings.Join(stale, "\n  "))
	}
	return nil
}
