# services.ssowatch for NixOS:
#
#   imports = [ ./module.nix ];
#   services.ssowatch = {
#     enable = true;
#     package = ssowatch;
#     settings.targets = [ { name = "home"; provider.url = "https://id.example.com"; kasm.url = "https://kasm.example.com"; } ];
#   };
{ config, lib, pkgs, ... }:

let
  cfg = config.services.ssowatch;
  file = (pkgs.formats.yaml { }).generate "ssowatch.yml" cfg.settings;
in
{
  options.services.ssowatch = {
    enable = lib.mkEnableOption "ssowatch, which watches single sign-on between Kasm Workspaces and Pocket ID";

    package = lib.mkOption {
      type = lib.types.package;
      description = "The package that has bin/ssowatch.";
    };

    settings = lib.mkOption {
      type = (pkgs.formats.yaml { }).type;
      default = { targets = [ ]; };
      description = ''
        The configuration. It lands in the Nix store, which everybody can read: name secrets by credentials, as in
        `client_secret_file = "''${CREDENTIALS_DIRECTORY}/oidc_client_secret"`.
      '';
    };

    credentials = lib.mkOption {
      type = lib.types.attrsOf lib.types.str;
      default = { };
      example = { oidc_client_secret = "/run/keys/oidc_client_secret"; };
      description = "Files that hold secrets, by the name under which the service finds them in $CREDENTIALS_DIRECTORY.";
    };

    extraFlags = lib.mkOption {
      type = lib.types.listOf lib.types.str;
      default = [ ];
      example = [ "--web.listen-address=:10059" ];
      description = "More flags; `ssowatch serve --help` lists them.";
    };
  };

  config = lib.mkIf cfg.enable {
    environment.systemPackages = [ cfg.package ];

    systemd.services.ssowatch = {
      description = "Watches single sign-on between Kasm Workspaces and Pocket ID";
      wantedBy = [ "multi-user.target" ];
      wants = [ "network-online.target" ];
      after = [ "network-online.target" "time-sync.target" ];
      startLimitIntervalSec = 300;
      startLimitBurst = 5;

      # As in deploy/systemd/ssowatch.service, which says why.
      serviceConfig = {
        Type = "notify";
        NotifyAccess = "main";
        ExecStart = lib.escapeShellArgs ([
          "${cfg.package}/bin/ssowatch"
          "serve"
          "--config.file=${file}"
          "--storage.path=/var/lib/ssowatch"
        ] ++ cfg.extraFlags);
        ExecReload = "${pkgs.coreutils}/bin/kill -HUP $MAINPID";
        WatchdogSec = 120;
        Restart = "on-failure";
        RestartSec = 5;
        TimeoutStopSec = 20;
        LoadCredential = lib.mapAttrsToList (name: path: "${name}:${path}") cfg.credentials;

        DynamicUser = true;
        StateDirectory = "ssowatch";
        StateDirectoryMode = "0700";
        UMask = "0077";

        NoNewPrivileges = true;
        CapabilityBoundingSet = "";
        AmbientCapabilities = "";
        RestrictSUIDSGID = true;
        RestrictNamespaces = true;
        RestrictRealtime = true;
        LockPersonality = true;
        MemoryDenyWriteExecute = true;
        KeyringMode = "private";
        RemoveIPC = true;

        ProtectSystem = "strict";
        ProtectHome = true;
        PrivateTmp = true;
        PrivateDevices = true;
        DevicePolicy = "closed";
        PrivateMounts = true;
        PrivateUsers = true;
        PrivateIPC = true;
        ProtectProc = "invisible";

        ProtectClock = true;
        ProtectHostname = true;
        ProtectKernelTunables = true;
        ProtectKernelModules = true;
        ProtectKernelLogs = true;
        ProtectControlGroups = true;

        SystemCallArchitectures = "native";
        SystemCallFilter = [ "@system-service" "~@privileged @resources" ];
        SystemCallErrorNumber = "EPERM";
        RestrictAddressFamilies = [ "AF_INET AF_INET6 AF_UNIX" ];

        MemoryMax = "256M";
        TasksMax = 128;
        LimitCORE = 0;
      };
    };
  };
}
