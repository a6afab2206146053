package tui

import (
	"context"
	"errors"
	"fmt"
	"os"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/tui/term"
)

// Terminal says where the interface runs.
type Terminal struct {
	In, Out *os.File
	Env     []string // "NAME=value"
}

// Run shows the interface until it is left. The terminal is afterwards as it was.
func Run(ctx context.Context, t Terminal, o Options) error {
	var root *Root
	err := term.Run(ctx, term.Options{In: t.In, Out: t.Out, Env: t.Env, Profile: profile(t, o.Theme, o.Getenv)}, func(p *term.Painter) tea.Model {
		if o.Clipboard == nil && !term.Console(t.Env) {
			o.Clipboard = func(text string) { p.Send(clipboard(text, o.Getenv)) }
		}
		root = New(o)
		return root
	})
	if root != nil {
		root.Close()
	}
	var broken *term.Panic
	switch {
	case errors.As(err, &broken):
		return fault.New(exitcode.Failure, "tui.panic", i18n.Text{
			RU: "в интерфейсе ошибка: %s. Экран восстановлен, журнал платежей цел", EN: "a fault in the interface: %s. The screen is restored, the payment journal is whole"}.With(fmt.Sprint(broken.Value))).
			Because(fmt.Errorf("%w\n%s", broken, broken.Stack)).
			Advise(i18n.Say("те же действия есть у команд: epgu --help", "the commands do the same: epgu --help"))
	case errors.Is(err, term.ErrLost):
		return fault.New(exitcode.Failure, "tui.terminal_lost", i18n.Say("терминал закрылся", "the terminal has gone"))
	}
	return err
}

// mostPassed is how long a sequence may be that GNU screen hands on, bytes.
const mostPassed = 700

// clipboard is the sequence that copies a text. GNU screen takes none for itself and hands
// on only what is wrapped for it. Inside it may be a tmux, which wants the plain one and
// skips the other, as screen skips the plain one.
func clipboard(text string, getenv func(string) string) string {
	seq := ansi.SetSystemClipboard(text)
	if getenv != nil && getenv("STY") != "" {
		seq += ansi.ScreenPassthrough(seq, mostPassed)
	}
	return seq
}

// profile says how many colours there are, from the environment alone: nothing is
// asked of the terminal, and no other program either.
func profile(t Terminal, themeName string, getenv func(string) string) colorprofile.Profile {
	if themeName == "plain" {
		return colorprofile.ASCII
	}
	return colorprofile.Env(t.Env)
}
