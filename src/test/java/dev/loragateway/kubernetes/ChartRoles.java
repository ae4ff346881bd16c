package dev.loragateway.kubernetes;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.authorization.v1.ResourceAttributesBuilder;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReviewBuilder;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.PolicyRuleBuilder;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.api.model.rbac.RoleBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The account and the Roles that the chart makes in an API server, from which single rights can be
 * taken. Confined to one thread.
 */
final class ChartRoles {
  /** Which of the chart's Roles. */
  enum Where {
    RELEASE,
    ELSEWHERE
  }

  /** One verb of one rule; {@code name} is empty where the rule names no objects. */
  record Right(Where where, String group, String resource, String name, String verb) {
    Right(Where where, String group, String resource, String verb) {
      this(where, group, resource, "", verb);
    }
  }

  private final KubernetesClient admin;
  private final ServiceAccount account;
  private final List<Role> roles;

  private final String elsewhere;

  private ChartRoles(KubernetesClient admin, String elsewhere, List<HasMetadata> objects) {
    this.admin = admin;
    this.elsewhere = elsewhere;
    this.account = only(objects, ServiceAccount.class).getFirst();
    this.roles = only(objects, Role.class);
    List<HasMetadata> rights = new ArrayList<>(roles);
    rights.add(account);
    rights.addAll(only(objects, RoleBinding.class));
    rights.forEach(one -> admin.resource(one).create());
  }

  /**
   * Makes what the chart has of rights with some values.
   *
   * @param elsewhere the only other namespace in which there are Roles
   */
  static ChartRoles install(
      KubernetesClient admin, String release, String elsewhere, Path directory, String yaml)
      throws Exception {
    Path values = directory.resolve("values.yaml");
    Files.writeString(values, yaml);
    Process helm =
        new ProcessBuilder(
                System.getProperty("kube.tools") + "/helm",
                "template",
                "gateway",
                "gateway/chart",
                "--kube-version=1.34.0",
                "--namespace=" + release,
                "--values=" + values)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    byte[] rendered = helm.getInputStream().readAllBytes();
    assertThat(helm.waitFor()).as(new String(rendered, UTF_8)).isZero();
    return new ChartRoles(admin, elsewhere, admin.load(new ByteArrayInputStream(rendered)).items());
  }

  private static <T> List<T> only(List<HasMetadata> objects, Class<T> type) {
    return objects.stream().filter(type::isInstance).map(type::cast).toList();
  }

  String account() {
    return account.getMetadata().getName();
  }

  /** All rights. */
  List<Right> rights() {
    return roles.stream().flatMap(this::rights).distinct().toList();
  }

  /** Takes one right away. */
  void take(Right right) {
    roles.forEach(role -> admin.resource(without(role, right)).update());
  }

  /** Gives all rights back. */
  void restore() {
    roles.forEach(role -> admin.resource(role).update());
  }

  private Stream<Right> rights(Role role) {
    boolean there = role.getMetadata().getNamespace().equals(elsewhere);
    Where where = there ? Where.ELSEWHERE : Where.RELEASE;
    List<Right> rights = new ArrayList<>();
    for (PolicyRule rule : role.getRules()) {
      List<String> names =
          rule.getResourceNames().isEmpty() ? List.of("") : rule.getResourceNames();
      for (String group : rule.getApiGroups()) {
        for (String resource : rule.getResources()) {
          for (String name : names) {
            for (String verb : rule.getVerbs()) {
              rights.add(new Right(where, group, resource, name, verb));
            }
          }
        }
      }
    }
    return rights.stream();
  }

  /** The role with every right but this one, each in a rule of its own. */
  private Role without(Role role, Right right) {
    List<PolicyRule> left =
        rights(role).filter(one -> !one.equals(right)).map(ChartRoles::rule).toList();
    return new RoleBuilder(role).withRules(left).build();
  }

  private static PolicyRule rule(Right right) {
    return new PolicyRuleBuilder()
        .withApiGroups(right.group())
        .withResources(right.resource())
        .withResourceNames(right.name().isEmpty() ? List.of() : List.of(right.name()))
        .withVerbs(right.verb())
        .build();
  }

  /** What the API server says of the account. */
  boolean allows(Right right) {
    List<String> resource = List.of(right.resource().split("/", -1));
    return admin
        .authorization()
        .v1()
        .subjectAccessReview()
        .create(
            new SubjectAccessReviewBuilder()
                .withNewSpec()
                .withUser(
                    "system:serviceaccount:"
                        + account.getMetadata().getNamespace()
                        + ":"
                        + account())
                .withResourceAttributes(
                    new ResourceAttributesBuilder()
                        .withNamespace(
                            right.where() == Where.ELSEWHERE
                                ? elsewhere
                                : account.getMetadata().getNamespace())
                        .withGroup(right.group())
                        .withResource(resource.getFirst())
                        .withSubresource(resource.size() > 1 ? resource.get(1) : null)
                        .withName(right.name().isEmpty() ? null : right.name())
                        .withVerb(right.verb())
                        .build())
                .endSpec()
                .build())
        .getStatus()
        .getAllowed();
  }
}
