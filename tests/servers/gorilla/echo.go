// Echo server on gorilla/websocket, as its documentation shows it. Text is not checked by the
// library: with -utf8 the application does it, as the documentation asks for.
package main

import (
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"
)

func main() {
	port := flag.Int("port", 0, "")
	guard := flag.Bool("stdin-guard", false, "")
	deflate := flag.Bool("deflate", false, "")
	check := flag.Bool("utf8", false, "")
	flag.Parse()

	upgrader := websocket.Upgrader{
		EnableCompression: *deflate,
		CheckOrigin:       func(*http.Request) bool { return true },
	}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		c, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer c.Close()
		c.SetReadLimit(64 << 20)
		for {
			kind, message, err := c.ReadMessage()
			if err != nil {
				return
			}
			if *check && kind == websocket.TextMessage && !utf8.Valid(message) {
				c.WriteControl(websocket.CloseMessage,
					websocket.FormatCloseMessage(websocket.CloseInvalidFramePayloadData, ""),
					time.Now().Add(time.Second))
				return
			}
			if err := c.WriteMessage(kind, message); err != nil {
				return
			}
		}
	})

	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", *port))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	go func() { <-stop; os.Exit(0) }()
	if *guard {
		go func() {
			buffer := make([]byte, 4096)
			for {
				if n, err := os.Stdin.Read(buffer); n == 0 || err != nil {
					os.Exit(0)
				}
			}
		}()
	}
	server := &http.Server{ErrorLog: nil}
	null, _ := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	os.Stderr = null
	fmt.Println("listening", listener.Addr().(*net.TCPAddr).Port)
	server.Serve(listener)
}
