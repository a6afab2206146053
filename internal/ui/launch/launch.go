// Package launch starts another program that the user named in a variable
// such as PAGER or BROWSER. The value is split into words, never given to a
// shell, and the child does not inherit our secrets. Only ui/pager and
// ui/browser may import it, and whatever else starts a user's program.
package launch

import (
	"context"
	"errors"
	"os/exec"
	"strings"
)

// Words splits a command line into words. Quotes, single or double, keep
// spaces together, and a backslash outside single quotes keeps the next
// quote, space or backslash; nothing is expanded.
func Words(s string) ([]string, error) {
	var words []string
	var word strings.Builder
	var quote rune
	inWord, escaped := false, false
	for _, r := range s {
		switch {
		case escaped:
			if !strings.ContainsRune(" \t'\"\\", r) {
				word.WriteByte('\\') // a Windows path
			}
			word.WriteRune(r)
			escaped = false
		case r == '\\' && quote != '\'':
			escaped, inWord = true, true
		case quote != 0:
			if r == quote {
				quote = 0
			} else {
				word.WriteRune(r)
			}
		case r == '\'' || r == '"':
			quote, inWord = r, true
		case r == ' ' || r == '\t':
			if inWord {
				words = append(words, word.String())
				word.Reset()
				inWord = false
			}
		default:
			word.WriteRune(r)
			inWord = true
		}
	}
	if quote != 0 {
		return nil, errors.New("a quote is not closed")
	}
	if escaped {
		word.WriteByte('\\')
	}
	if inWord {
		words = append(words, word.String())
	}
	return words, nil
}

// Environ returns env without the variables of this program that may hold a
// secret. Those that only say where and how it runs stay, so that the user's
// program may call this one.
func Environ(env []string) []string {
	kept := make([]string, 0, len(env))
	for _, kv := range env {
		name, _, _ := strings.Cut(kv, "=")
		name = strings.ToUpper(name)
		if !strings.HasPrefix(name, "EPGU_") || harmless(name) {
			kept = append(kept, kv)
		}
	}
	return kept
}

func harmless(name string) bool {
	switch name {
	case "EPGU_HOME", "EPGU_PROFILE", "EPGU_LANG", "EPGU_STORE", "EPGU_COLOR", "EPGU_ACCESSIBLE":
		return true
	}
	return false
}

// Command returns the command of the given words with a harmless environment,
// or an error when the program is not on PATH. A program in the current
// folder is refused, as package exec does.
func Command(ctx context.Context, words, env []string) (*exec.Cmd, error) {
	if len(words) == 0 {
		return nil, errors.New("no program is named")
	}
	path, err := exec.LookPath(words[0])
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, path, words[1:]...)
	cmd.Env = Environ(env)
	return cmd, nil
}
