package dev.loragateway;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** Pins which package may import which, and where each library may be used. */
class ArchitectureTest {
  private static final String ROOT = "dev.loragateway.";

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.loragateway");

  @Test
  void packages_importEachOther_onlyAlongTheArrows() {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .layer("model")
        .definedBy(ROOT + "model")
        .layer("registry")
        .definedBy(ROOT + "registry")
        .layer("routing")
        .definedBy(ROOT + "routing")
        .layer("openai")
        .definedBy(ROOT + "openai")
        .layer("access")
        .definedBy(ROOT + "access")
        .layer("upstream")
        .definedBy(ROOT + "upstream")
        .layer("proxy")
        .definedBy(ROOT + "proxy")
        .layer("scrape")
        .definedBy(ROOT + "scrape")
        .layer("telemetry")
        .definedBy(ROOT + "telemetry")
        .layer("adapters")
        .definedBy(ROOT + "adapters")
        .layer("kubernetes")
        .definedBy(ROOT + "kubernetes")
        .layer("config")
        .definedBy(ROOT + "config")
        .layer("sim")
        .definedBy(ROOT + "sim")
        .layer("runtime")
        .definedBy(ROOT + "runtime")
        .layer("server")
        .definedBy(ROOT + "server")
        .whereLayer("model")
        .mayNotAccessAnyLayer()
        .whereLayer("registry")
        .mayOnlyAccessLayers("model")
        .whereLayer("routing")
        .mayOnlyAccessLayers("registry", "model")
        .whereLayer("openai")
        .mayOnlyAccessLayers("model")
        .whereLayer("upstream")
        .mayOnlyAccessLayers("model")
        .whereLayer("access")
        .mayOnlyAccessLayers("model")
        .whereLayer("proxy")
        .mayOnlyAccessLayers("routing", "openai", "upstream", "access", "registry", "model")
        .whereLayer("scrape")
        .mayOnlyAccessLayers("registry", "openai", "model")
        .whereLayer("telemetry")
        .mayOnlyAccessLayers(
            "proxy", "registry", "routing", "scrape", "adapters", "kubernetes", "model")
        .whereLayer("adapters")
        .mayOnlyAccessLayers("registry", "routing", "model")
        .whereLayer("kubernetes")
        .mayOnlyAccessLayers("registry", "adapters", "access", "model")
        .whereLayer("config")
        .mayOnlyAccessLayers(
            "proxy", "registry", "scrape", "upstream", "access", "adapters", "kubernetes", "model")
        .whereLayer("sim")
        .mayOnlyAccessLayers("openai", "model")
        .whereLayer("runtime")
        .mayOnlyAccessLayers("adapters", "model")
        .whereLayer("server")
        .mayNotBeAccessedByAnyLayer()
        .check(CLASSES);
  }

  @Test
  void packages_haveNoCycles() {
    slices().matching("dev.loragateway.(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void micrometer_isUsed_onlyByTelemetry() {
    only("io.micrometer..", "telemetry");
  }

  @Test
  void netty_isUsed_onlyOnTheDataPath() {
    only("io.netty..", "openai", "upstream", "proxy", "sim", "server");
  }

  @Test
  void jackson_isUsed_onlyForWireFormatsAndConfiguration() {
    only(
        "com.fasterxml.jackson..",
        "openai",
        "adapters",
        "kubernetes",
        "config",
        "sim",
        "runtime",
        "server");
  }

  @Test
  void caffeine_isUsed_onlyOnTheDataPath() {
    only("com.github.benmanes..", "routing", "access", "proxy");
  }

  @Test
  void lettuce_isUsed_onlyByAccess() {
    only("io.lettuce..", "access");
  }

  @Test
  void nimbus_isUsed_onlyByAccess() {
    only("com.nimbusds..", "access");
  }

  @Test
  void fabric8_isUsed_onlyByKubernetes() {
    only("io.fabric8..", "kubernetes");
  }

  @Test
  void awsSdk_isUsed_onlyByRuntime() {
    only("software.amazon..", "runtime");
  }

  @Test
  void commonsCompress_isUsed_onlyByRuntime() {
    only("org.apache.commons.compress..", "runtime");
  }

  @Test
  void picocli_isUsed_onlyByCommands() {
    only("picocli..", "config", "sim", "server");
  }

  @Test
  void sim_sharesNoCode_withTheResidencyEstimate() {
    noClasses()
        .that()
        .resideInAPackage(ROOT + "sim")
        .should()
        .dependOnClassesThat()
        .resideInAPackage(ROOT + "registry")
        .check(CLASSES);
  }

  private static void only(String library, String... packages) {
    String[] allowed = new String[packages.length];
    for (int i = 0; i < packages.length; i++) {
      allowed[i] = ROOT + packages[i];
    }
    noClasses()
        .that()
        .resideOutsideOfPackages(allowed)
        .should()
        .dependOnClassesThat()
        .resideInAPackage(library)
        .check(CLASSES);
  }
}
