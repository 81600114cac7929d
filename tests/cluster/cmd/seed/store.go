package main

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/client-go/kubernetes/scheme"
)

// Objects in one transaction: below etcd's own limit of 128 operations, and of 1.5 MiB for a request.
const batch = 100

// Transactions under way at a time.
const writers = 4

// store encodes objects as the API server stores them and writes them in transactions.
type store struct {
	client  *clientv3.Client
	encoder *protobuf.Serializer
	batches chan []clientv3.Op
	pending []clientv3.Op
	written map[string]int
	work    sync.WaitGroup
	mutex   sync.Mutex
	failure error
}

func open(endpoint string) (*store, error) {
	client, err := clientv3.New(clientv3.Config{
		Endpoints:          []string{endpoint},
		DialTimeout:        5 * time.Second,
		MaxCallSendMsgSize: 16 << 20,
	})
	if err != nil {
		return nil, fmt.Errorf("connecting to etcd: %w", err)
	}
	s := &store{
		client:  client,
		encoder: protobuf.NewSerializer(scheme.Scheme, scheme.Scheme),
		batches: make(chan []clientv3.Op, writers),
		written: map[string]int{},
	}
	for range writers {
		s.work.Go(func() {
			for operations := range s.batches {
				s.commit(operations)
			}
		})
	}
	return s, nil
}

func (s *store) close() { s.client.Close() }

// put writes one object under its key of the registry; `resource` is the registry's own word for the kind.
func (s *store) put(resource, namespace, name string, object runtime.Object) {
	gvks, _, err := scheme.Scheme.ObjectKinds(object)
	if err != nil {
		s.fail(err)
		return
	}
	object.GetObjectKind().SetGroupVersionKind(gvks[0])
	var encoded bytes.Buffer
	if err := s.encoder.Encode(object, &encoded); err != nil {
		s.fail(fmt.Errorf("encoding %s %s/%s: %w", resource, namespace, name, err))
		return
	}
	key := "/registry/" + resource + "/"
	if namespace != "" {
		key += namespace + "/"
	}
	s.written[gvks[0].Kind]++
	s.pending = append(s.pending, clientv3.OpPut(key+name, encoded.String()))
	if len(s.pending) == batch {
		s.flush()
	}
}

func (s *store) flush() {
	if len(s.pending) > 0 {
		s.batches <- s.pending
		s.pending = nil
	}
}

// finish waits for everything to be written and says how many objects of each kind that were.
func (s *store) finish() (map[string]int, error) {
	s.flush()
	close(s.batches)
	s.work.Wait()
	return s.written, s.failure
}

func (s *store) commit(operations []clientv3.Op) {
	context, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if _, err := s.client.Txn(context).Then(operations...).Commit(); err != nil {
		s.fail(fmt.Errorf("writing to etcd: %w", err))
	}
}

func (s *store) fail(err error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.failure == nil {
		s.failure = err
	}
}
