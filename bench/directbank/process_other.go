//go:build !linux

package main

import "time"

// What a process takes is known on Linux only; elsewhere the clock alone shows, and
// memory is not held.

func peakResident() int64 { return 0 }

func residentOf(int, string) int64 { return 0 }

func ownCPU() time.Duration { return 0 }

func cpuOf(int) time.Duration { return 0 }
