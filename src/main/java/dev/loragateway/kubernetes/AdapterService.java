package dev.loragateway.kubernetes;

import dev.loragateway.adapters.AdapterStatus;
import dev.loragateway.adapters.AdapterStatus.Copy;
import dev.loragateway.adapters.CopyState;
import dev.loragateway.registry.ServedNames;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The headless Service of an adapter, with the endpoints that have it, as an AIBrix client expects
 * it. Immutable.
 *
 * @param namespace where it is
 * @param lease tells the objects of one group of gateways from those of another
 * @param fares how the adapter fares
 * @param owner the object that declares it; null = none in this namespace
 */
record AdapterService(
    String namespace, String lease, AdapterStatus fares, @Nullable AdapterObject owner) {
  /** On each object that belongs to an adapter: its name as {@link ServiceNames} has it. */
  static final String ADAPTER = LoraAdapter.GROUP + "/adapter";

  /** On each object: which gateways keep it. */
  static final String GATEWAYS = LoraAdapter.GROUP + "/gateways";

  /** The adapter's name as it is. */
  static final String FULL_NAME = LoraAdapter.GROUP + "/adapter-name";

  /** The name by which the engines know what they serve of it. */
  static final String MODEL_NAME = LoraAdapter.GROUP + "/model-name";

  /** Of what the object should be, so that what differs is found without comparing it all. */
  static final String HASH = LoraAdapter.GROUP + "/hash";

  private static final String AIBRIX = "adapter.model.aibrix.ai/name";
  private static final String SERVICE = "kubernetes.io/service-name";
  private static final String MANAGED_BY = "endpointslice.kubernetes.io/managed-by";
  private static final String MANAGER = "lora-gateway." + LoraAdapter.GROUP;

  /** An API server takes no more in one slice. */
  private static final int MOST = 1000;

  private static final int USUAL_PORT = 8000;

  /** Endpoints that can be in one slice. */
  private record Group(String type, int port) {}

  String name() {
    return ServiceNames.of(fares.spec().name());
  }

  /** All objects, the Service first. */
  List<HasMetadata> objects() {
    List<HasMetadata> objects = new ArrayList<>();
    Map<Group, TreeSet<String>> groups = groups();
    int port = groups.keySet().stream().mapToInt(Group::port).min().orElse(USUAL_PORT);
    objects.add(service(port));
    groups.forEach((group, hosts) -> objects.add(slice(group, hosts)));
    return objects;
  }

  private Map<Group, TreeSet<String>> groups() {
    Map<Group, TreeSet<String>> groups =
        new TreeMap<>(Comparator.comparing(Group::type).thenComparingInt(Group::port));
    for (Copy copy : fares.copies()) {
      int colon = copy.address().lastIndexOf(':');
      if (copy.state() == CopyState.READY && copy.revision().equals(fares.serving()) && colon > 0) {
        String host = copy.address().substring(0, colon).replaceAll("[\\[\\]]", "");
        String type = type(host);
        if (type != null) {
          int port = Integer.parseInt(copy.address().substring(colon + 1));
          groups.computeIfAbsent(new Group(type, port), key -> new TreeSet<>()).add(host);
        }
      }
    }
    return groups;
  }

  /** The address type of a slice; null for addresses that an API server refuses. */
  private static @Nullable String type(String host) {
    try {
      InetAddress ip = InetAddress.ofLiteral(host);
      boolean local =
          ip.isLoopbackAddress()
              || ip.isLinkLocalAddress()
              || ip.isMulticastAddress()
              || ip.isAnyLocalAddress();
      return local ? null : ip instanceof Inet6Address ? "IPv6" : "IPv4";
    } catch (IllegalArgumentException e) {
      return "FQDN";
    }
  }

  private HasMetadata service(int port) {
    return new ServiceBuilder()
        .withMetadata(metadata(name(), Map.of(), name() + port))
        .withNewSpec()
        .withClusterIP("None")
        .withPublishNotReadyAddresses(true)
        .addNewPort()
        .withName("http")
        .withProtocol("TCP")
        .withPort(port)
        .endPort()
        .endSpec()
        .build();
  }

  private HasMetadata slice(Group group, TreeSet<String> hosts) {
    String name = name() + "-" + group.type.toLowerCase(Locale.ROOT) + "-" + group.port;
    List<Endpoint> endpoints = new ArrayList<>();
    hosts.stream()
        .limit(MOST)
        .forEach(
            host ->
                endpoints.add(
                    new EndpointBuilder()
                        .withAddresses(host)
                        .withNewConditions()
                        .withReady(true)
                        .endConditions()
                        .build()));
    return new EndpointSliceBuilder()
        .withMetadata(metadata(name, Map.of(SERVICE, name(), MANAGED_BY, MANAGER), name + hosts))
        .withAddressType(group.type)
        .withEndpoints(endpoints)
        .addNewPort()
        .withName("http")
        .withProtocol("TCP")
        .withPort(group.port)
        .endPort()
        .build();
  }

  private ObjectMeta metadata(String name, Map<String, String> more, String content) {
    String model =
        fares.serving().isEmpty() ? "" : ServedNames.internal(fares.spec().name(), fares.serving());
    ObjectMetaBuilder metadata =
        new ObjectMetaBuilder()
            .withNamespace(namespace)
            .withName(name)
            .addToLabels(ADAPTER, name())
            .addToLabels(AIBRIX, name())
            .addToLabels(GATEWAYS, lease)
            .addToLabels(more)
            .addToAnnotations(FULL_NAME, fares.spec().name())
            .addToAnnotations(MODEL_NAME, model)
            .addToAnnotations(HASH, ServiceNames.hash(model + content + uid()));
    if (owner != null) {
      metadata.addToOwnerReferences(
          new OwnerReferenceBuilder()
              .withApiVersion(owner.apiVersion())
              .withKind(owner.kind())
              .withName(owner.metadata().getName())
              .withUid(owner.metadata().getUid())
              .withController(true)
              .build());
    }
    return metadata.build();
  }

  private String uid() {
    return owner == null ? "" : owner.metadata().getUid();
  }
}
