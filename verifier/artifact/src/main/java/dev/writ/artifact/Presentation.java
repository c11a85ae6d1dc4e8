// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import java.util.HashSet;
import java.util.List;
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
 * @param parent the artifact under which the starting execution runs
 */
public record Presentation(
    Optional<Audience> audience,
    Optional<String> tenant,
    Optional<Possession> possession,
    Optional<HostState> host,
    Optional<ActionAtHand> action,
    Optional<Obligations> obligations,
    Optional<ParentHere> parent) {
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
    /** What a holder names when it shows possession; of most, what must stand in {@code aud}. */
    String name();

    /**
     * A gateway by its name.
     *
     * @param name what must stand in {@code aud}
     */
    record Gateway(String name) implements Audience {}

    /**
     * Whoever lets it happen once the service took a use of it ({@link Seen#redeem}): {@code aud} is the
     * issuer alone, which is the one judge.
     *
     * @param asker thumbprint of the key by which the service is asked, which is not another's
     */
    record ServiceJudged(Hash asker) implements Audience {
      private static final String PREFIX = "use:";

      /** Of each that asks another, so that none can pass another's nonce to the holder. */
      @Override
      public String name() {
        return PREFIX + Base64Url.encode(asker.bytes());
      }
    }

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
   * The artifact under which an execution starts.
   *
   * @param jti its name
   * @param bundle its proof bundle, where it is at hand: then it must hold by itself, and the child's artifact
   *     say no more than it
   */
  public record ParentHere(UuidV7 jti, Optional<ProofBundle> bundle) {}

  /**
   * Obligations by their names.
   *
   * @param met the artifact may have no other
   * @param demanded the artifact must have each: what is about to happen is allowed only under them
   * @param upstreams to which the call can go, by the names that {@link Obligation.Reroute} has them by
   */
  public record Obligations(Set<String> met, Set<String> demanded, Set<String> upstreams) {
    /**
     * The names as given.
     *
     * @throws IllegalArgumentException if one is demanded that is not met, or rerouting is met where
     *     there is nowhere to
     */
    public Obligations {
      met = Set.copyOf(met);
      demanded = Set.copyOf(demanded);
      upstreams = Set.copyOf(upstreams);
      if (met.contains(Obligation.REROUTE) == upstreams.isEmpty()) {
        throw new IllegalArgumentException(
            "reroute must be met exactly where upstreams are known, are " + upstreams);
      }
      if (!met.containsAll(demanded)) {
        throw new IllegalArgumentException(
            "an obligation that is demanded must be met, of " + demanded + " are only " + met);
      }
    }

    /** Of a gateway that reroutes nothing. */
    public Obligations(Set<String> met, Set<String> demanded) {
      this(met, demanded, Set.of());
    }

    /** The same of a gateway that has these upstreams, at least one. */
    public Obligations reroutingTo(Set<String> names) {
      Set<String> all = new HashSet<>(met);
      all.add(Obligation.REROUTE);
      return new Obligations(all, demanded, names);
    }

    /** Whether what this artifact's obligations ask for, all together, can be done here. */
    boolean areMetOf(List<Obligation> obligations) {
      long upstreamsNamed =
          obligations.stream().filter(Obligation.Reroute.class::isInstance).distinct().count();
      return upstreamsNamed <= 1 && obligations.stream().allMatch(this::isMet);
    }

    private boolean isMet(Obligation obligation) {
      if (obligation instanceof Obligation.Reroute reroute) {
        return upstreams.contains(reroute.upstream());
      }
      // One that is spelled in another way than these two are is known to nobody.
      boolean misspelled =
          obligation instanceof Obligation.Other
              && List.of(Obligation.REROUTE, Obligation.LEASE).contains(obligation.name());
      return met.contains(obligation.name()) && !misspelled;
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
    return withParent(new ParentHere(parent, Optional.empty()));
  }

  /** The same, started under this artifact. */
  public Presentation withParent(ParentHere parent) {
    return new Presentation(
        audience, tenant, possession, host, action, obligations, Optional.of(parent));
  }
}
