package dev.loragateway.bench.discovery;

import dev.loragateway.bench.Progress;
import dev.loragateway.kubernetes.Discovered;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * A namespace with EndpointSlices and the pods that they name, which nobody schedules. It is
 * removed on closing, also where no controller does that. Confined to one thread.
 */
final class Cluster implements AutoCloseable {
  static final String NAMESPACE = "lora-gateway-bench";

  /** Labels the namespace with the run that made it. */
  private static final String RUN = "loragateway.dev/bench-run";

  static final String LEASE = "lora-gateway-bench";
  static final String PORT = "http";
  static final List<String> ADAPTERS = List.of("acme/law", "acme/code");

  private static final int PORT_NUMBER = 8000;
  private static final int REQUESTS_AT_ONCE = 16;
  private static final ListOptions PAGE = new ListOptionsBuilder().withLimit(500L).build();
  private static final int ACCOUNT_SECONDS = 5;
  private static final int REMOVAL_SECONDS = 90;

  private final KubernetesClient client;
  private final Sizes sizes;
  private final boolean controlled;
  private final Map<String, String> uids = new ConcurrentHashMap<>();

  private Cluster(KubernetesClient client, Sizes sizes, boolean controlled) {
    this.client = client;
    this.sizes = sizes;
    this.controlled = controlled;
  }

  /**
   * Makes the namespace, and nothing in it yet.
   *
   * @throws IllegalArgumentException when it is there already
   */
  static Cluster create(KubernetesClient client, Sizes sizes) throws InterruptedException {
    String run = UUID.randomUUID().toString();
    try {
      client
          .resource(
              new NamespaceBuilder()
                  .withNewMetadata()
                  .withName(NAMESPACE)
                  .addToLabels(RUN, run)
                  .endMetadata()
                  .build())
          .create();
    } catch (KubernetesClientException e) {
      notCreated(client, sizes, run, e);
    }
    try {
      return new Cluster(client, sizes, account(client));
    } catch (InterruptedException | RuntimeException e) {
      new Cluster(client, sizes, false).close();
      throw e;
    }
  }

  /** The answer may have been lost, and to a second request it is there already. */
  private static void notCreated(
      KubernetesClient client, Sizes sizes, String run, KubernetesClientException why) {
    boolean interrupted = Thread.interrupted();
    boolean exists = why.getCode() == HttpURLConnection.HTTP_CONFLICT;
    if (isOf(client, run)) {
      if (exists) {
        return;
      }
      new Cluster(client, sizes, false).close();
    } else if (exists) {
      throw new IllegalArgumentException(
          "namespace "
              + NAMESPACE
              + " exists already: another run is under way or was killed (in that case: kubectl"
              + " delete namespace "
              + NAMESPACE
              + ")",
          why);
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    throw why;
  }

  private static boolean isOf(KubernetesClient client, String run) {
    try {
      Namespace there = client.namespaces().withName(NAMESPACE).get();
      return there != null && run.equals(there.getMetadata().getLabels().get(RUN));
    } catch (KubernetesClientException e) {
      return false;
    }
  }

  /**
   * Pods need a service account, which a controller makes in each new namespace.
   *
   * @return whether one did
   */
  private static boolean account(KubernetesClient client) throws InterruptedException {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(ACCOUNT_SECONDS);
    while (client.serviceAccounts().inNamespace(NAMESPACE).withName("default").get() == null) {
      if (System.nanoTime() > until) {
        client
            .resource(
                new ServiceAccountBuilder()
                    .withNewMetadata()
                    .withNamespace(NAMESPACE)
                    .withName("default")
                    .endMetadata()
                    .build())
            .create();
        return false;
      }
      Thread.sleep(100);
    }
    return true;
  }

  /** Makes all pods and slices. */
  void fill(Progress progress) throws InterruptedException, ExecutionException {
    List<Integer> pods = IntStream.range(0, sizes.allPods()).boxed().toList();
    inParallel(
        pods,
        index -> {
          pod(index / (sizes.endpoints() + 1), index % (sizes.endpoints() + 1));
          progress.add(1);
        });
    for (int service = 0; service < sizes.services(); service++) {
      client.resource(slice(service, endpoints(service))).create();
      progress.add(1);
    }
  }

  private static <T> void inParallel(List<T> all, Consumer<T> each)
      throws InterruptedException, ExecutionException {
    try (ExecutorService threads =
        Executors.newFixedThreadPool(REQUESTS_AT_ONCE, Thread.ofVirtual().factory())) {
      try {
        List<Future<?>> done = new ArrayList<>();
        for (T one : all) {
          done.add(threads.submit(() -> each.accept(one)));
        }
        for (Future<?> one : done) {
          one.get();
        }
      } finally {
        threads.shutdownNow();
      }
    }
  }

  private void pod(int service, int number) {
    Map<String, String> annotations = new HashMap<>();
    annotations.put("loragateway.dev/filler", "x".repeat(1024 * sizes.podKib()));
    if (sizes.isAnnotated(service, number)) {
      annotations.put(Discovered.ADAPTERS, String.join(",", ADAPTERS));
    }
    Pod pod =
        new PodBuilder()
            .withNewMetadata()
            .withNamespace(NAMESPACE)
            .withName(name(service, number))
            .withAnnotations(annotations)
            .endMetadata()
            .withNewSpec()
            .withSchedulerName("nobody")
            .addNewContainer()
            .withName("vllm")
            .withImage("vllm")
            .endContainer()
            .endSpec()
            .build();
    uids.put(name(service, number), client.resource(pod).create().getMetadata().getUid());
  }

  static String service(int service) {
    return "service-" + service;
  }

  private static String name(int service, int number) {
    return service(service) + "-" + number;
  }

  /** Of the pods that are annotated to begin with and of the others, by their UIDs. */
  Map<String, List<String>> adapters() {
    Map<String, List<String>> adapters = new HashMap<>();
    uids.values().forEach(uid -> adapters.put(uid, ADAPTERS));
    return adapters;
  }

  private List<Endpoint> endpoints(int service) {
    List<Endpoint> endpoints = new ArrayList<>();
    for (int number = 0; number < sizes.endpoints(); number++) {
      endpoints.add(endpoint(service, number, false));
    }
    return endpoints;
  }

  private Endpoint endpoint(int service, int number, boolean terminating) {
    return new EndpointBuilder()
        .withAddresses(host(service, number))
        .withNewConditions()
        .withReady(!terminating)
        .withServing(true)
        .withTerminating(terminating)
        .endConditions()
        .withNewTargetRef()
        .withKind("Pod")
        .withNamespace(NAMESPACE)
        .withName(name(service, number))
        .withUid(uids.get(name(service, number)))
        .endTargetRef()
        .build();
  }

  private static String host(int service, int number) {
    int low = number % 250 + 1;
    int middle = service % 250;
    return "10." + (10 + 4 * (service / 250) + number / 250) + "." + middle + "." + low;
  }

  private static EndpointSlice slice(int service, List<Endpoint> endpoints) {
    return new EndpointSliceBuilder()
        .withNewMetadata()
        .withNamespace(NAMESPACE)
        .withName(service(service))
        .addToLabels("kubernetes.io/service-name", service(service))
        .addToLabels("endpointslice.kubernetes.io/managed-by", NAMESPACE)
        .endMetadata()
        .withAddressType("IPv4")
        .addNewPort()
        .withName(PORT)
        .withPort(PORT_NUMBER)
        .endPort()
        .withEndpoints(endpoints)
        .build();
  }

  /** Where the endpoint is that comes and leaves. */
  String newcomer(int service) {
    return host(service, sizes.endpoints());
  }

  /** One more endpoint is there and ready. */
  void comes(int service) {
    change(service, true, false);
  }

  /** It has been asked to end, and still serves, as a pod does that is being deleted. */
  void terminates(int service) {
    change(service, true, true);
  }

  /** It has ended. */
  void ended(int service) {
    change(service, false, false);
  }

  private void change(int service, boolean there, boolean terminating) {
    List<Endpoint> endpoints = endpoints(service);
    if (there) {
      endpoints.add(endpoint(service, sizes.endpoints(), terminating));
    }
    client.resource(slice(service, endpoints)).update();
  }

  /** Removes everything, and says so when that cannot be done. */
  @Override
  public void close() {
    boolean interrupted = Thread.interrupted();
    System.err.println("removing namespace " + NAMESPACE + " ...");
    try {
      // takes in nothing more from here on, so that a request under way leaves nothing behind
      client.namespaces().withName(NAMESPACE).delete();
      empty();
      gone();
    } catch (InterruptedException | ExecutionException | RuntimeException e) {
      System.err.println("namespace " + NAMESPACE + " could not be removed: " + e.getMessage());
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void empty() throws InterruptedException, ExecutionException {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(2 * REMOVAL_SECONDS);
    var pods = client.pods().inNamespace(NAMESPACE);
    for (List<Pod> page = pods.list(PAGE).getItems();
        !page.isEmpty() && System.nanoTime() < until;
        page = pods.list(PAGE).getItems()) {
      inParallel(
          page, pod -> pods.withName(pod.getMetadata().getName()).withGracePeriod(0).delete());
    }
    var slices = client.discovery().v1().endpointSlices().inNamespace(NAMESPACE);
    inParallel(
        slices.list().getItems(), slice -> slices.withName(slice.getMetadata().getName()).delete());
    client.leases().inNamespace(NAMESPACE).withName(LEASE).delete();
    if (!controlled) {
      client.serviceAccounts().inNamespace(NAMESPACE).withName("default").delete();
    }
  }

  /** Sees to it that the namespace ends; a controller does it where there is one. */
  private void gone() throws InterruptedException {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(REMOVAL_SECONDS);
    boolean asked = controlled;
    for (Namespace left = namespace(); left != null; left = namespace()) {
      if (!asked) {
        asked = true;
        left.getSpec().setFinalizers(List.of());
        client.raw("/api/v1/namespaces/" + NAMESPACE + "/finalize", "PUT", left);
      } else if (System.nanoTime() > until) {
        throw new IllegalStateException("it is still there after " + REMOVAL_SECONDS + " s");
      }
      Thread.sleep(100);
    }
  }

  private Namespace namespace() {
    return client.namespaces().withName(NAMESPACE).get();
  }
}
