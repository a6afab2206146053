package onec

import (
	"bufio"
	"bytes"
	"testing"
)

func BenchmarkReading(b *testing.B) {
	orders := make([]Order, 2000)
	for i := range orders {
		orders[i] = duty(i)
	}
	file := write(b, Windows, orders...)
	b.Run("documents", func(b *testing.B) {
		b.SetBytes(int64(len(file)))
		b.ReportAllocs()
		for b.Loop() {
			rd := NewReader(bytes.NewReader(file))
			var d Document
			for rd.Next(&d) == nil {
			}
		}
	})
	b.Run("checked", func(b *testing.B) {
		b.SetBytes(int64(len(file)))
		b.ReportAllocs()
		for b.Loop() {
			rd := NewReader(bytes.NewReader(file))
			var d Document
			for rd.Next(&d) == nil {
				d.Check()
			}
		}
	})
	b.Run("bare scan of lines", func(b *testing.B) {
		b.SetBytes(int64(len(file)))
		for b.Loop() {
			s := bufio.NewScanner(bytes.NewReader(file))
			for s.Scan() {
			}
		}
	})
}
