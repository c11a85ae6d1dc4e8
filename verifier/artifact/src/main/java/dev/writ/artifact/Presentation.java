// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.util.Optional;
import java.util.Set;

/**
 * What this Relying Party demands of an artifact. What it does not demand is listed in the verdict as
 * not asked, never as passed; {@link #NOTHING} is for whoever only looks.
 *
 * @param audience for whom the artifact must be meant
 * @param tenant of which tenant it must be
 * @param possession the presenter's proof that it holds the artifact's key, made for {@code audience};
 *     without an audience it fails
 * @param host the state of the host that it must be of; always present where execution here is demanded
 * @param action the action that is about to happen, which it must permit exactly
 * @param obligations which obligations are met here, and which must be there. Where an action is
 *     demanded and this is absent, none is met, and an artifact that has any is denied
 * @param parent {@code jti} of the artifact under which the starting execution runs
 */
public record Presentation(
    Optional<Audience> audience,
    Optional<String> tenant,
    Optional<Possession> possession,
    Optional<HostState> host,
    Optional<ActionAtHand> action,
    Optional<Obligations> obligations,
    Optional<UuidV7> parent) {
  /** Demands nothing. */
  public static final Presentation NOTHING =
      new Presentation(
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty());

  /** For whom an artifact must be meant. */
  public sealed interface Audience {
    /** What must stand in {@code aud}, and what a holder names when it shows possession. */
    String name();

    /**
     * A gateway by its name.
     *
     * @param name what must stand in {@code aud}
     */
    record Gateway(String name) implements Audience {}

    /**
     * The host where it is executed: {@code exec:} and the name of that host's attestation key. Who
     * demands it demands this state of the host with it.
     *
     * @param host the state of the host here
     */
    record ExecutionHere(HostState host) implements Audience {
      @Override
      public String name() {
        return ExecAudience.of(host.akName());
      }
    }
  }

  /**
   * Obligations by their names.
   *
   * @param met the artifact may have no other
   * @param demanded the artifact must have each: what is about to happen is allowed only under them
   */
  public record Obligations(Set<String> met, Set<String> demanded) {
    /**
     * The names as given.
     *
     * @throws IllegalArgumentException if one is demanded that is not met
     */
    public Obligations {
      met = Set.copyOf(met);
      demanded = Set.copyOf(demanded);
      if (!met.containsAll(demanded)) {
        throw new IllegalArgumentException(
            "an obligation that is demanded must be met, of " + demanded + " are only " + met);
      }
    }
  }

  /**
   * The demands as given; execution here brings its host.
   *
   * @throws IllegalArgumentException if {@code host} is present and another than that of execution here
   */
  public Presentation {
    if (audience.orElse(null) instanceof Audience.ExecutionHere here) {
      if (host.isPresent() && !host.get().equals(here.host())) {
        throw new IllegalArgumentException(
            "host must be absent or that of execution here, "
                + here.host()
                + ", was "
                + host.get());
      }
      host = Optional.of(here.host());
    }
  }

  /** The same, meant for {@code audience}; execution here replaces the host. */
  public Presentation withAudience(Audience audience) {
    return new Presentation(
        Optional.of(audience),
        tenant,
        possession,
        audience instanceof Audience.ExecutionHere ? Optional.empty() : host,
        action,
        obligations,
        parent);
  }

  /** The same, of {@code tenant}. */
  public Presentation withTenant(String tenant) {
    return new Presentation(
        audience, Optional.of(tenant), possession, host, action, obligations, parent);
  }

  /** The same, shown by the holder of its key. */
  public Presentation withPossession(Possession possession) {
    return new Presentation(
        audience, tenant, Optional.of(possession), host, action, obligations, parent);
  }

  /** The same, of a host in this state; execution here is execution on it. */
  public Presentation withHost(HostState host) {
    return new Presentation(
        audience.map(
            demanded ->
                demanded instanceof Audience.ExecutionHere
                    ? new Audience.ExecutionHere(host)
                    : demanded),
        tenant,
        possession,
        Optional.of(host),
        action,
        obligations,
        parent);
  }

  /** The same, permitting {@code action}. */
  public Presentation withAction(ActionAtHand action) {
    return new Presentation(
        audience, tenant, possession, host, Optional.of(action), obligations, parent);
  }

  /** The same, with no obligation but these. */
  public Presentation withObligations(Set<String> met) {
    return withObligations(new Obligations(met, Set.of()));
  }

  /** The same, with these obligations. */
  public Presentation withObligations(Obligations obligations) {
    return new Presentation(
        audience, tenant, possession, host, action, Optional.of(obligations), parent);
  }

  /** The same, started under the artifact {@code parent}. */
  public Presentation withParent(UuidV7 parent) {
    return new Presentation(
        audience, tenant, possession, host, action, obligations, Optional.of(parent));
  }
}
