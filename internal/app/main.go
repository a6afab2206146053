// Package app is the composition root: it builds the factory, runs the command
// and turns its error into an exit code. Only cmd/epgu and cmd/docgen import it.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/root"
	appversion "github.com/epgu-cli/epgu/internal/cli/version"
	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/settings"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/sandbox"
	uierrors "github.com/epgu-cli/epgu/internal/ui/errors"
	"github.com/epgu-cli/epgu/internal/ui/iostreams"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

// Set by the linker in releases.
var (
	version = "dev"
	commit  = ""
	date    = ""
)

// Main runs the process and returns its exit code.
func Main() int {
	args := os.Args[1:]
	ctx := context.Background()
	if !brief(args) {
		var stop context.CancelFunc
		ctx, stop = interruptible(ctx)
		defer stop()
	}
	return int(Run(ctx, args, iostreams.System()))
}

// brief reports whether this run only says something about the program: it opens
// nothing that would have to be closed when it is interrupted, and a signal may
// end it at once. A shell completes words at every press of a key.
func brief(args []string) bool {
	return len(args) > 0 && (strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) || onlyVersion(args))
}

// onlyVersion reports whether nothing but the version is asked for: no command has
// to be built for that.
func onlyVersion(args []string) bool {
	return len(args) == 1 && (args[0] == "--version" || args[0] == "-V")
}

// Run runs one command line over the given streams.
func Run(ctx context.Context, args []string, ios *iostreams.IOStreams) exitcode.Code {
	ios.Lang = language(args, ios)
	ios.Location = time.Local
	a := newApp(ios, args)
	if onlyVersion(args) {
		if _, err := fmt.Fprintln(ios.Out, appversion.Line(a.factory.Build)); err != nil {
			return finish(ctx, ios, nil, err, false)
		}
		return exitcode.OK
	}
	a.factory.Wants = wants(args)
	cmd := root.New(a.factory)
	args = output.JoinJSON(cmd, args)
	cmd.SetArgs(args)
	ran, err := cmd.ExecuteContextC(ctx)
	// A cancelled command still closes what it opened.
	if err2 := a.close(); err == nil {
		err = err2
	}
	if tooMany(ran, err) {
		if meant := output.MistypedFields(ran, args); meant != nil {
			err = meant
		}
	}
	return finish(ctx, ios, ran, err, output.WantsJSON(args))
}

// tooMany reports whether a command refused its arguments.
func tooMany(ran *cobra.Command, err error) bool {
	var f *fault.Error
	return err != nil && errors.As(uierrors.FromCobra(ran, err), &f) && f.Code == "usage.arguments"
}

func finish(ctx context.Context, ios *iostreams.IOStreams, ran *cobra.Command, err error, asJSON bool) exitcode.Code {
	if err == nil {
		return exitcode.OK
	}
	if h := output.AsFieldsHelp(err); h != nil {
		err = h.Print(ios)
		if err == nil {
			return exitcode.OK
		}
	}
	var silent *exitcode.Silent
	if errors.As(err, &silent) {
		return silent.Code
	}
	// The reader of a pipe may leave when it has seen enough. A connection to the
	// portal breaks with the same error, but inside a fault, which is told.
	var told *fault.Error
	if errors.Is(err, syscall.EPIPE) && !errors.As(err, &told) {
		return exitcode.OK
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) && fault.ExitOf(err) != exitcode.Unknown {
		ios.Note(i18n.Text{RU: "Прервано.", EN: "Interrupted."})
		return exitcode.Interrupted
	}
	return uierrors.PrintError(ios, sameProfile(ran, uierrors.FromCobra(ran, err)), asJSON)
}

// sameProfile adds the profile that the user chose for this command to the
// command that a hint names: without it, it would be run at another portal.
func sameProfile(ran *cobra.Command, err error) error {
	f := fault.Of(err)
	if ran == nil || f == nil || !strings.HasPrefix(f.Run, "epgu ") || strings.Contains(f.Run, "--profile") {
		return err
	}
	chosen := ran.Flags().Lookup("profile")
	if chosen == nil || !chosen.Changed {
		return err
	}
	kept := *f
	return kept.AdviseRun(f.Run + " --profile " + chosen.Value.String())
}

// wants tells from the arguments which commands under the root this run may need:
// those that are named, for completion and help too.
func wants(args []string) func(string) bool {
	return func(name string) bool { return slices.Contains(args, name) }
}

// language is known before flags are parsed, because help is written in it.
func language(args []string, ios *iostreams.IOStreams) i18n.Lang {
	explicit := ios.Getenv("EPGU_LANG")
	for i, a := range args {
		if a == "--" {
			break
		}
		if v, ok := strings.CutPrefix(a, "--lang="); ok {
			explicit = v
		} else if a == "--lang" && i+1 < len(args) {
			explicit = args[i+1]
		}
	}
	return i18n.Choose(explicit, ios.Getenv)
}

// interruptible ends the context at the first SIGINT or SIGTERM; the second one
// ends the process, should something not listen.
func interruptible(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(parent)
	// A reader that leaves early makes a write fail instead of ending the process,
	// so that what was opened is closed and what was made is removed. Children
	// are not touched by a caught signal, as they would be by an ignored one.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		if _, ok := <-signals; !ok {
			return
		}
		cancel()
		if _, ok := <-signals; ok {
			os.Exit(int(exitcode.Interrupted))
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(signals)
		cancel()
	}
}

// app is what one process has opened.
type app struct {
	factory *factory.Factory
	args    []string
	mu      sync.Mutex
	closers []io.Closer
	told    bool            // that this is the training portal
	portal  *sandbox.Portal // the embedded one, once it is open
}

func newApp(ios *iostreams.IOStreams, args []string) *app {
	a := &app{args: args}
	f := &factory.Factory{
		IO: ios, Clock: clock.System{}, Lang: ios.Lang,
		Build: factory.Build{Version: version, Commit: commit, Date: date},
		Flags: &factory.Flags{Set: map[string]string{}},
	}
	f.Settings = sync.OnceValues(func() (*settings.Settings, error) {
		home, err := os.UserHomeDir()
		if err != nil {
			home = ""
		}
		dirs, err := settings.Locate(ios.Getenv, runtime.GOOS, home)
		if err != nil {
			return nil, err
		}
		s, err := settings.Load(settings.Options{Dirs: dirs, Flags: f.Flags.Set, Getenv: ios.Getenv})
		if err == nil && f.Flags.Lang == "" {
			if l := s.Get("lang"); l.Source == settings.FromFile {
				ios.Lang = i18n.Lang(l.Value)
			}
		}
		return s, err
	})
	a.factory = f
	a.wire(f)
	return a
}

func (a *app) onClose(c io.Closer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closers = append(a.closers, c)
}

// close closes what was opened, last first.
func (a *app) close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	var errs []error
	for i := len(a.closers) - 1; i >= 0; i-- {
		errs = append(errs, a.closers[i].Close())
	}
	a.closers = nil
	return errors.Join(errs...)
}
