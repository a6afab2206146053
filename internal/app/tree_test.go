package app

import (
	"bytes"
	"regexp"
	"testing"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/i18n"
)

func walk(cmd *cobra.Command, visit func(*cobra.Command)) {
	visit(cmd)
	for _, c := range cmd.Commands() {
		walk(c, visit)
	}
}

func TestEveryHelpPageSpeaksTheLanguageOfItsReader(t *testing.T) {
	english := regexp.MustCompile(`(?m)^\s+-.* (string|int|int64|duration|stringArray)\s|\(default |^(Usage|Flags|Examples|Aliases|Global flags|Commands):`)
	cyrillic := regexp.MustCompile(`[а-яё]{3}`)
	var out bytes.Buffer
	walk(Commands(i18n.RU, &out), func(cmd *cobra.Command) {
		out.Reset()
		if err := cmd.Help(); err != nil {
			t.Fatal(err)
		}
		if !cyrillic.MatchString(cmd.Short) {
			t.Errorf("%s: no Russian summary: %q", cmd.CommandPath(), cmd.Short)
		}
		if m := english.FindString(out.String()); m != "" {
			t.Errorf("%s: English in a Russian page: %q", cmd.CommandPath(), m)
		}
	})
	walk(Commands(i18n.EN, &out), func(cmd *cobra.Command) {
		if m := regexp.MustCompile(`[а-яё]{3}`).FindString(cmd.Short); m != "" {
			t.Errorf("%s: Russian in an English summary: %q", cmd.CommandPath(), cmd.Short)
		}
	})
}

func TestALeanTreeHasTheSameNounsAsTheWholeOne(t *testing.T) {
	var out bytes.Buffer
	whole := Commands(i18n.EN, &out)
	lean := commandsFor([]string{"--help"}, i18n.EN, &out)
	if len(lean.Commands()) != len(whole.Commands()) {
		t.Fatalf("%d nouns, the whole tree has %d", len(lean.Commands()), len(whole.Commands()))
	}
	for i, c := range whole.Commands() {
		l := lean.Commands()[i]
		if l.Name() != c.Name() || l.Short != c.Short || !l.IsAvailableCommand() && c.IsAvailableCommand() {
			t.Errorf("%s: the lean tree shows it otherwise", c.Name())
		}
	}
	if app := commandsFor([]string{"app", "list"}, i18n.EN, &out); len(app.Commands()) == 0 {
		t.Fatal("no commands")
	} else if cmd, _, err := app.Find([]string{"app", "list"}); err != nil || cmd.Name() != "list" {
		t.Errorf("an alias does not find its verbs: %v, %v", cmd, err)
	}
}
