#!/bin/sh
# Installs gitlab-ci-local and the Node that it needs into a folder, and makes a command of them there.
set -eu

folder=$1
command -v npm >/dev/null || "$(dirname "$0")/install.sh" npm
mkdir -p "$folder/npm"
npm install --silent --no-audit --no-fund --prefix "$folder/npm" gitlab-ci-local@4.75.1 node@22.23.3
cat > "$folder/gitlab-ci-local.new" <<COMMAND
#!/bin/sh
exec "$folder/npm/node_modules/node/bin/node" "$folder/npm/node_modules/gitlab-ci-local/dist/index.js" "\$@"
COMMAND
chmod +x "$folder/gitlab-ci-local.new"
mv "$folder/gitlab-ci-local.new" "$folder/gitlab-ci-local"
