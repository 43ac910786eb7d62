RESOURCE_FILES += themes/harbor-dark.theme
