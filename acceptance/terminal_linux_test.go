package acceptance

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// onTerminal runs a command whose streams are a terminal of its own, with a
// person in front of it: answer gets what the terminal has shown since the last
// answer and returns the line to type, or false to wait for more. It returns
// everything that was shown.
func onTerminal(cmd *exec.Cmd, answer func(shown string) (string, bool)) (string, error) {
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		return "", err
	}
	defer person.Close()
	fd := int(person.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		return "", err
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		return "", err
	}
	terminal, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		return "", err
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = terminal, terminal, terminal
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	err = cmd.Start()
	if closed := terminal.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return "", err
	}
	// Whoever asks what nobody here can answer is not waited for.
	impatient := time.AfterFunc(30*time.Second, func() { _ = cmd.Process.Kill() })
	defer impatient.Stop()
	var shown strings.Builder
	answered := 0
	buf := make([]byte, 4096)
	for {
		n, err := person.Read(buf)
		shown.Write(buf[:n])
		if err != nil {
			break // EIO: nobody holds the other end any more
		}
		if line, ok := answer(shown.String()[answered:]); ok {
			answered = shown.Len()
			if _, err := person.WriteString(line + "\n"); err != nil {
				break
			}
		}
	}
	return shown.String(), cmd.Wait()
}
