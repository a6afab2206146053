//go:build linux

package acceptance

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"syscall"
	"testing"
)

// A plan that is being run is not run a second time on this machine; Ctrl-C ends
// the run when what is on its way is written down, and the same command goes on.
func TestOnePlanIsRunOnceAtATimeAndCtrlCLosesNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t, build(t), 60)
	o.clerk.must("sandbox", "faults", "--path", "/api/cabinet/v1/payments", "--slow", "200")
	first := o.clerk.command("batch", "run", o.plan, "--ndjson", "--concurrency", "4")
	out, err := first.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	first.Stderr = &said
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	events := bufio.NewReader(out)
	if _, err := events.ReadString('\n'); err != nil {
		t.Fatalf("%v: %s", err, said.String())
	}

	_, err = o.clerk.run("", "batch", "run", o.plan)
	if err == nil || !strings.Contains(err.Error(), "exit status 9") || !strings.Contains(err.Error(), "being run already") {
		t.Errorf("a second run beside the first: %v", err)
	}
	var status struct{ Running bool }
	if o.clerk.read(&status, "batch", "status", o.plan); !status.Running {
		t.Error("status does not know that the plan is being run")
	}

	// What the living run is sending is no unknown outcome.
	if _, err := o.clerk.run("", "batch", "reconcile", o.plan, "--offline"); err == nil || !strings.Contains(err.Error(), "exit status 10") {
		t.Errorf("reconciling beside a run: %v", err)
	}

	if err := first.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, events); err != nil {
		t.Fatal(err)
	}
	if err := first.Wait(); err == nil || first.ProcessState.ExitCode() != 130 {
		t.Errorf("an interrupted run ended with %v: %s", err, said.String())
	}
	if !strings.Contains(said.String(), "Stopping: waiting for the answers to what is on its way") {
		t.Errorf("the interruption was not told of: %s", said.String())
	}
	var left struct{ Sending, Claimed, Unknown, Unsent, Planned int }
	o.clerk.read(&left, "batch", "status", o.plan)
	if left.Sending+left.Claimed+left.Unknown != 0 || left.Unsent+left.Planned == 0 {
		t.Errorf("after the interruption: %+v", left)
	}
	o.clerk.must("sandbox", "faults", "--off")
	o.finish(o.clerk, o.plan)
	o.settled(o.clerk, o.plan)
}
